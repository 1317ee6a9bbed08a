from hypothesis import settings

# Machines differ in speed, and a slow one is no failure of the claim.
settings.register_profile("hebbcap", deadline=None)
settings.load_profile("hebbcap")
