"""What the people at the desk see: queues, one case at a time, figures. Reading only; the verbs are in the rooms below."""
