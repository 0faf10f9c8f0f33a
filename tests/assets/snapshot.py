"""The definitions as plain data: names, dependencies, partitions, checks. Run this file to renew the snapshot."""

import json
from pathlib import Path

SNAPSHOT = Path(__file__).with_name("definitions.json")


def definitions_graph() -> dict:
    """What Dagster loads, as plain data."""
    from assets.definitions import defs

    repository = defs.get_repository_def()
    graph = repository.asset_graph
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
                "partitions": len(graph.get(key).partitions_def.get_partition_keys()),
                "checks": sorted(check.name for check in graph.get(key).check_keys),
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "jobs": {
            job.name: sorted(job.graph.node_dict)
            for job in repository.get_all_jobs()
            if not job.name.startswith("__")
        },
        "schedules": {
            s.name: [s.cron_schedule, s.execution_timezone, s.job_name] for s in repository.schedule_defs
        },
        "sensors": {s.name: s.job_name for s in repository.sensor_defs},
    }


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(definitions_graph(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
