"""What the clients of FeatBit and of its forerunner featureflag.co have in common."""
