"""Measurements: each ``bench_*.py`` here has a ``main()`` that prints its own figures."""
