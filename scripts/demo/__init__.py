"""How the demo model is made: drawn sheets, dialogues about them, training, export, accuracy."""
