"""The numbers of an ad account into Postgres by dlt: its source for REST APIs, and nothing of our own.

Every list becomes one JSON column, so that a row stays one row. Prints the seconds of `pipeline.run`.
"""

import argparse
import json
import time

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source


def without_nul(row):
    """Postgres has no place for NUL, and a CSV file carries it along."""
    row["ad_name"] = row["ad_name"].replace("\0", "")
    return row


def resource(arguments, since, until):
    """All days in one list, as Meta pages them."""
    return {
        "name": "insights",
        "primary_key": ["ad_id", "date_start"],
        "write_disposition": arguments.disposition,
        "max_table_nesting": 0,
        "processing_steps": [{"map": without_nul}] if arguments.format == "csv" else [],
        "endpoint": {
            "path": "insights",
            "params": {
                "level": "ad",
                "time_increment": "1",
                # The source takes single braces for expressions of its own.
                "time_range": "{" + json.dumps({"since": since, "until": until}) + "}",
                "fields": arguments.fields,
                "action_breakdowns": '["action_type"]',
                "limit": arguments.limit,
            },
            "data_selector": "data",
            "paginator": JSONResponseCursorPaginator(
                cursor_path="paging.cursors.after", cursor_param="after"
            ),
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("database-url", "account-url", "token", "since", "until", "fields", "schema", "home"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--disposition", choices=("merge", "replace"), required=True)
    parser.add_argument("--format", choices=("insert_values", "csv"), required=True)
    arguments = parser.parse_args()
    source = rest_api_source(
        {
            "client": {
                "base_url": arguments.account_url + "/",
                "auth": {"type": "bearer", "token": arguments.token},
            },
            "resources": [resource(arguments, arguments.since, arguments.until)],
        }
    )
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=arguments.home,
        dataset_name=arguments.schema,
        destination=dlt.destinations.postgres(arguments.database_url),
    )
    began = time.monotonic()
    info = pipeline.run(source, loader_file_format=arguments.format)
    seconds = time.monotonic() - began
    info.raise_on_failed_jobs()
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
