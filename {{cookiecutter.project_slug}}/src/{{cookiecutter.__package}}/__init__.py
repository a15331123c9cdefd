"""{{cookiecutter.project_name}}: pure logic in `core`, the notebook engine in `lab`, production in `live`."""
