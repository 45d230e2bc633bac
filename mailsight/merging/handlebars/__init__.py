"""Handlebars: the parts that read a template, and those that render it."""
