"""The pipeline as a job of Apache Flink: the same stages, on one machine or many.

What is here and needs no Flink: ``records`` (what flows, as bytes), ``pages`` (posts of a run as
files that any machine of a cluster can read), ``hosting`` (a stage kept over failures), ``stages``
(the parts of the pipeline as Flink hosts them). What needs it: ``functions``, ``job``, ``engine``.
"""
