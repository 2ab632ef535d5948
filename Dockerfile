# The app for a class: docker compose up, or docker build . and docker run -p 8501:8501 -v runs:/data
FROM python:3.12-slim

# libgomp: torch's threads; nothing else is needed beyond the wheels
RUN apt-get update \
    && apt-get install --no-install-recommends -y libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 ec

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY ec_core ec_core
RUN pip install --no-cache-dir -c constraints.txt -e ".[app,tables,http,postgres,serve]"
COPY app.py ./
COPY hosting hosting
COPY pages pages
COPY serving serving
COPY assets assets
COPY .streamlit .streamlit

RUN mkdir /data && chown ec /data
USER ec
ENV EC_HOME=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# what is being computed when it is stopped goes on when it is started again
STOPSIGNAL SIGTERM
CMD ["ec-core", "serve", "--visitors", "many"]
