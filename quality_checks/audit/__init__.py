"""Human audit of the rules: a drawn sample to read in the source system, and what the answers say of each rule."""

from quality_checks.audit.agreement import agreement
from quality_checks.audit.estimates import rule_accuracy
from quality_checks.audit.sample import AuditPlan, draw_sample

__all__ = ["AuditPlan", "agreement", "draw_sample", "rule_accuracy"]
