"""Airflow with the DAG of this folder, where `make airflow` asks for it."""
