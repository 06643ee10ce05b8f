"""Choosing territories: codes and outlines, indicators, access to offer, robust ranking, portfolio, graft
finding.
"""
