"""The pages of one request: how it stands, the data, the file, and the door of codes before them.

They know a conversation (the chat's own cookie), a reference and the port; nothing of systems, laws or codes.
"""
