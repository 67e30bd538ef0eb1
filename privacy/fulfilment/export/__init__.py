"""Download: everything in the wish becomes one package, which is handed out for a while."""
