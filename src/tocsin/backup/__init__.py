"""One encrypted file that holds a project: how it is locked, packed, and read again.

    FILE = age( zstd( tar( backup.json, files of the project, keys, manifest.json ) ) )

age is https://age-encryption.org/v1, so that the file opens without tocsin too:
``age -d FILE | zstd -d | tar -x``. What goes in, and when, is for ``engines`` to know.
"""
