# Both commands, for a user without rights. Build it in a clone:
#     docker build -t singer-contacts .
# The ledger and the rejects belong on a volume:
#     docker run --rm -i -v contacts:/data -v "$PWD/target.json:/run/target.json:ro" \
#       singer-contacts target-contacts --config /run/target.json < contacts.jsonl

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY tap_contacts ./tap_contacts
COPY target_contacts ./target_contacts
RUN python -m venv /opt/contacts \
 && /opt/contacts/bin/pip install --no-cache-dir -c constraints.txt '.[postgres]'

FROM python:3.13-slim
COPY --from=build /opt/contacts /opt/contacts
ENV PATH="/opt/contacts/bin:$PATH"
RUN useradd --uid 10001 --create-home contacts && install -d -o contacts -m 700 /data
USER 10001
VOLUME /data
WORKDIR /data
CMD ["target-contacts", "--help"]
