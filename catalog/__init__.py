"""Who, which case, what happened, and who may look: the tables, the ledger and the gate."""
