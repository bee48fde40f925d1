# The product as an image; docker-compose.yml says how its parts run together.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/haitang
RUN useradd --system --home-dir /var/lib/haitang --create-home haitang
WORKDIR /srv/haitang

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

# The charts' component; where npm's registry is out of reach the pages show tables instead.
COPY package.json package-lock.json ./
COPY tools/assets.sh tools/
RUN ASSETS_PYTHON=python sh tools/assets.sh

# Static files are served straight from here (whitenoise with finders): nothing to collect.
COPY . .
RUN python -m compileall -q .

USER haitang
VOLUME /var/lib/haitang
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
