"""The people side: lists, rota, call cards, release, audit. Paging the desk is no release."""
