"""RawItem → Evidence: the append-only archive and its ledger."""
