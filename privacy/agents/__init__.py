"""The people who work at the desk: who they are, how they get in, and what each role may do.

`vera agent` adds them; with OpenID Connect the company's own sign-in does. Knows no customer.
"""
