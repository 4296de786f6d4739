"""Evidence bundles: what leaves the desk so that others can check it without tocsin.

Everything here is pure: what goes in comes as arguments (see ``engines/export``), what comes out
is bytes. ``verify.py`` is no part of the program but a file of every bundle: it stands alone.

    README.txt                what this is, what it proves and what not
    manifest.sha256           digests of all other files, for ``sha256sum -c``
    manifest.sig              {"key", "signature"}: Ed25519 over "tocsin bundle\\n" ‖ the manifest
    bundle.json               format, level, what was asked for, the name of each record
    tree_head.json            the signed head that everything is proved under
    keys/<id>.pub             the desk's public keys (PEM)
    ledger/<position>.json    captures, announced keys, erasures
    items/<position>.json     evidence
    consistency/<size>.json   {"old", "path", "size"}: an anchored head to the signed one
    anchors/<name>.tsr, .ots  whole answers of third parties; <name>.tsr.json: what was stamped
    posts.csv, timeline.html, verify.py; internal alone: urls-to-recapture.txt

A record is {"kind", "proof", "seq"} with ``entry``, the canonical JSON of the ledger entry as it
lies in the archive, or, where that may not leave, ``leaf``, its hash in the tree. An item also has
``salt`` (hex) and ``content``, unless it was erased; at the other levels ``commitment``,
``capture``, ``channel`` and ``posted_at`` in the desk's words.
"""
