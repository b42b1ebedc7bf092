"""Measures what the reader and the knowledge base understand, on labelled files; one module a
kind, each pure: text in, values out.
"""
