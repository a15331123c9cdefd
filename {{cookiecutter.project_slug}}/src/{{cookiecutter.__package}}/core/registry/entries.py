"""The names under which the registry keeps what is known of a model."""

# The alias of the version that is live; MLflow lets one version have it.
CHAMPION = "champion"
# Tags of a registered version: the hash of its bytes, its semantic version, and the gate's verdict on these bytes.
SHA256 = "sha256"
VERSION = "version"
GATE = "gate"
