"""Signing in with the company's own sign-in: OpenID Connect, authorization code with PKCE.

Reads who comes from a provider (OpenID Connect Core 1.0, RFC 7636, RFC 9207); `admission` decides who gets in.
"""
