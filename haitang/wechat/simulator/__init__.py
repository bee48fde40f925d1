"""A local stand-in for WeChat: its API, its followers and its deliveries to our webhook.

It is a program of its own (no database, no Django model): state in memory, with an optional
JSON file. It speaks the documented protocol with code of its own rather than through the
library that the product uses, so that a misunderstanding on one side shows on the other.
``manage.py wechat_simulator`` runs it; tests use :func:`haitang.wechat.simulator.server.
running_simulator`.
"""
