"""Delete: the plan, the work, what a law keeps, legal holds, and what keeps erased rows erased."""
