"""What a job found, into the store: idempotent, for after a failure Flink tells it again."""

from __future__ import annotations

from sqlalchemy import Connection

from tocsin.engines.checkpoint import note_processed, rumour_row, suggestion_row
from tocsin.engines.flink.records import SightedBatch
from tocsin.store import Store, schema
from tocsin.store.store import Processed, add_processed, replace_rows
from tocsin.store.suggestions import keep_likeliest


class StoreSink:
    """Writes batches, each in one transaction.

    Args:
        url: of the store, at the newest schema already.
    """

    def __init__(self, url: str) -> None:
        self._store = Store(url)

    def write(self, batch: SightedBatch) -> None:
        """Posts that are there already stay as they are; rumours become what they are now."""
        processed = Processed()
        for one in batch.posts:
            followed = one.followed
            sighting = followed.sighting if followed.kept else None
            note_processed(processed, followed.enriched, one.reading, sighting)
        rumours = [rumour_row(rumour) for rumour in batch.rumours]
        suggestions = [suggestion_row(suggestion) for suggestion in batch.suggestions]

        def work(connection: Connection) -> None:
            add_processed(connection, processed)
            replace_rows(connection, schema.rumours, "id", rumours)
            keep_likeliest(connection, suggestions)

        self._store.write(work, lambda _: False)  # done twice, it is as done once

    def close(self) -> None:
        """Let the store go."""
        self._store.close()
