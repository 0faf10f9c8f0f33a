"""The contract tables: name, key, columns, units. What the gate checks, the lake stores and the docs show.

Two shapes per personal table: `raw` columns stand in a county's extract, the others are made at the door
(`sources.door`) in their place. After the door no identity code, name or free text is left.
"""

from __future__ import annotations

from sources.contract_shape import Column, Contract, Order

SEX = ("male", "female")
MUNICIPALITY = Column("municipality", "code", "municipality of residence, 3 digits, current boundaries")
AGE = Column("age", "int", "age in full years on 31 December; 100 means 100 and over", low=0, high=100)
SEX_COLUMN = Column("sex", "code", "sex as registered", allowed=SEX)
YEAR = Column("year", "int", "calendar year", low=1900, high=2100)
PERSONS = Column("persons", "float", "persons on 31 December", low=0)
CLIENT = Column(
    "client_id", "code", "client: an identity code or local id in the extract, a keyed pseudonym after"
)
AGE_AT_EVENT = Column("age", "int", "age in full years at the event", nullable=True, low=0, high=120, place="lake")
BIRTH_DATE = Column("birth_date", "date", "date of birth", nullable=True, place="raw")
URGENCY = ("urgent", "non_urgent")

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        Contract(
            "areas",
            "municipalities with their county, service area, names and validity",
            ("municipality", "valid_from"),
            (
                MUNICIPALITY,
                Column("name_fi", "string", "name in Finnish"),
                Column("name_sv", "string", "name in Swedish"),
                Column("name_en", "string", "name in English"),
                Column("county", "code", "wellbeing services county, 2 digits"),
                Column("service_area", "code", "service area in the county file", nullable=True),
                Column("language_status", "code", "language status", allowed=("fi", "fi-sv", "sv-fi", "sv")),
                Column("valid_from", "date", "first day the row holds"),
                Column("valid_to", "date", "last day the row holds", nullable=True),
            ),
            (Order("valid_from", "valid_to"),),
        ),
        Contract(
            "population",
            "persons on 31 December by area, sex and single year of age",
            ("area", "year", "sex", "age"),
            (
                Column("area", "code", "municipality (3 digits), or the county's code where only that is known"),
                YEAR,
                SEX_COLUMN,
                AGE,
                PERSONS,
                Column("vintage", "string", "table and release of the figures"),
                Column("source", "string", "publisher and licence"),
            ),
        ),
        Contract(
            "projection",
            "official population projection by area, sex and single year of age",
            ("area", "year", "sex", "age", "variant", "vintage"),
            (
                Column("area", "code", "municipality (3 digits), or the county's code where only that is known"),
                YEAR,
                SEX_COLUMN,
                AGE,
                Column("variant", "code", "projection variant", allowed=("trend", "no_migration")),
                PERSONS,
                Column("vintage", "string", "table and release of the figures"),
                Column("source", "string", "publisher and licence"),
            ),
        ),
        Contract(
            "languages",
            "persons on 31 December by municipality and mother tongue",
            ("municipality", "year", "language"),
            (
                MUNICIPALITY,
                YEAR,
                Column("language", "code", "mother tongue", allowed=("fi", "sv", "se", "other")),
                PERSONS,
                Column("vintage", "string", "table and release of the figures"),
                Column("source", "string", "publisher and licence"),
            ),
        ),
        Contract(
            "indicators",
            "open indicators by area and year (Sotkanet)",
            ("indicator", "area", "year", "sex"),
            (
                Column("indicator", "code", "indicator id at its publisher"),
                Column("area", "code", "county (2 digits), municipality (3 digits) or FI for the whole country"),
                YEAR,
                Column("sex", "code", "sex", allowed=("male", "female", "all")),
                Column("value", "float", "value in the indicator's own unit", nullable=True),
                Column("count", "float", "absolute number behind the value", nullable=True),
                Column(
                    "missing_reason",
                    "code",
                    "why the value is missing, as marked by the publisher",
                    nullable=True,
                ),
                Column("title", "string", "title at the publisher"),
                Column("vintage", "string", "when and from where it was read"),
                Column("source", "string", "publisher and licence"),
            ),
        ),
        Contract(
            "service_events",
            "contacts of clients with services",
            ("event_id",),
            (
                Column("event_id", "code", "event"),
                CLIENT,
                BIRTH_DATE,
                AGE_AT_EVENT,
                SEX_COLUMN,
                MUNICIPALITY,
                Column("language", "code", "client's contact language", nullable=True),
                Column("service", "code", "service of the county file"),
                Column("unit", "code", "unit that gave the service"),
                Column("event_date", "date", "day of the event"),
                Column("recorded_at", "datetime", "when it was recorded"),
                Column("urgency", "code", "urgency", nullable=True, allowed=URGENCY),
                Column(
                    "contact",
                    "code",
                    "way of contact",
                    nullable=True,
                    allowed=("visit", "home", "phone", "remote"),
                ),
                Column("professional_id", "code", "professional, pseudonym after the door", nullable=True),
                Column("professional_group", "code", "professional group", nullable=True),
                Column("need_assessed_on", "date", "day the need of care was assessed", nullable=True),
            ),
            (
                Order("need_assessed_on", "event_date"),
                Order("birth_date", "event_date"),
                Order("event_date", "recorded_at"),
            ),
        ),
        Contract(
            "service_counts",
            "numbers of events by month, delivered ready or derived from events",
            ("municipality", "service", "sex", "age_group", "period"),
            (
                MUNICIPALITY,
                Column("service", "code", "service of the county file"),
                SEX_COLUMN,
                Column("age_group", "code", "age group of the county file"),
                Column("period", "date", "first day of the month"),
                Column("count", "int", "events (visits, days) or clients in the month", low=0),
            ),
        ),
        Contract(
            "waiting_list",
            "referrals and requests waiting for a service",
            ("referral_id",),
            (
                Column("referral_id", "code", "referral"),
                CLIENT,
                BIRTH_DATE,
                Column("age", "int", "age in full years on arrival", nullable=True, low=0, high=120, place="lake"),
                Column("service", "code", "service of the county file"),
                MUNICIPALITY,
                Column("urgency", "code", "urgency", nullable=True, allowed=URGENCY),
                Column("arrived_on", "date", "day of arrival"),
                Column("ended_on", "date", "day the wait ended", nullable=True),
                Column(
                    "end_reason",
                    "code",
                    "why it ended",
                    nullable=True,
                    allowed=("served", "withdrawn", "redirected", "died"),
                ),
            ),
            (Order("arrived_on", "ended_on"),),
        ),
        Contract(
            "documents",
            "client documents of social care (asiakasasiakirjat)",
            ("document_id",),
            (
                Column("document_id", "code", "document OID"),
                CLIENT,
                Column("case_id", "code", "case (asia), pseudonym after the door", nullable=True),
                Column("service_task", "code", "service task (palvelutehtävä)", nullable=True),
                Column("process_phase", "code", "phase of the service process (palveluprosessi)", nullable=True),
                Column("document_type", "code", "document type (asiakirjatyyppi)", nullable=True),
                Column("status", "code", "draft, final, replaced or voided", nullable=True),
                Column("unit", "code", "unit", nullable=True),
                MUNICIPALITY,
                Column("language", "code", "language of the document", nullable=True),
                Column("author_id", "code", "author, pseudonym after the door", nullable=True),
                Column("author_role", "code", "author's role", nullable=True),
                Column("event_at", "datetime", "when what is recorded happened", nullable=True),
                Column("created_at", "datetime", "when the document was made"),
                Column("signed_at", "datetime", "when it was signed", nullable=True),
                Column("replaces", "code", "document it replaces", nullable=True),
                Column(
                    "content",
                    "json",
                    "structured fields; free text in them reduced to markers at the door",
                    nullable=True,
                ),
                Column("text", "string", "free text; never leaves the door", nullable=True, place="raw"),
                Column("text_length", "int", "characters of free text", nullable=True, low=0, place="lake"),
                Column(
                    "text_has_identity_code",
                    "bool",
                    "a personal identity code stands in the text",
                    place="lake",
                ),
                Column("text_has_phone", "bool", "a phone number stands in the text", place="lake"),
                Column("text_has_email", "bool", "an e-mail address stands in the text", place="lake"),
                Column("text_is_placeholder", "bool", "the text says nothing ('-', 'ks. yllä')", place="lake"),
                Column(
                    "text_fingerprint",
                    "code",
                    "keyed fingerprint of the text, for copies",
                    nullable=True,
                    place="lake",
                ),
                Column(
                    "client_id_miswritten",
                    "bool",
                    "the client's identity code had a wrong check character; empty: no such code, or not told",
                    nullable=True,
                    place="lake",
                ),
            ),
        ),
        Contract(
            "observations",
            "social observations (sosiaalinen raportointi)",
            ("observation_id",),
            (
                Column("observation_id", "code", "observation"),
                Column("observed_on", "date", "day of the observation"),
                MUNICIPALITY,
                Column("unit", "code", "unit", nullable=True),
                Column("phenomenon", "code", "phenomenon"),
                Column(
                    "need",
                    "code",
                    "need of SHL section 11, 1-10",
                    allowed=tuple(str(n) for n in range(1, 11)),
                ),
                Column("affected_group", "code", "affected group", nullable=True),
                Column("service_gap", "code", "service that was missing", nullable=True),
                Column("proposal", "code", "proposed action", nullable=True),
            ),
        ),
        Contract(
            "wellbeing_referrals",
            "referrals to activities of municipalities and associations (hyvinvointilähete)",
            ("referral_id",),
            (
                Column("referral_id", "code", "referral"),
                CLIENT,
                MUNICIPALITY,
                Column("referred_on", "date", "day of the referral"),
                Column("from_unit", "code", "unit that referred", nullable=True),
                Column("to_kind", "code", "kind of activity"),
                Column("contacted_on", "date", "day of the first contact", nullable=True),
                Column(
                    "outcome",
                    "code",
                    "outcome",
                    nullable=True,
                    allowed=("took_up", "declined", "not_reached"),
                ),
            ),
            (Order("referred_on", "contacted_on"),),
        ),
        Contract(
            "proposals",
            "earlier proposals of structural social work and what became of them; published as they stand",
            ("proposal_id",),
            (
                Column("proposal_id", "code", "proposal in the county's own register"),
                Column("area", "code", "service area of the county file, or the county's code"),
                Column("proposal", "string", "what is proposed: a code of the observations, or words"),
                Column("made_on", "date", "day it was made"),
                Column("addressee", "string", "to whom: a body, a code or words", nullable=True),
                Column("owner", "string", "who answers for it: a post, never a person's name", nullable=True),
                Column("due_on", "date", "deadline", nullable=True, ahead=True),
                Column("status", "code", "status", allowed=("open", "in_progress", "done", "rejected")),
                Column("outcome", "string", "what became of it: a code or words", nullable=True),
            ),
            (Order("made_on", "due_on"),),
        ),
    )
}
