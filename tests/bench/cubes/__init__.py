"""Parts of the cube benchmark: ../README.md says what each is for."""
