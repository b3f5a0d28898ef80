# The site as one small image. An alternative to `make run`, never the only way; see docs/production.md.
FROM python:3.13-slim
WORKDIR /site
COPY .ci/requirements.txt .
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
COPY . .
# The running site may write to one folder only, so it is compiled now.
RUN python -m compileall -q app.py data views \
    && useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin site \
    && install -d -o site -g site -m 700 /kept
USER site
ENV SITE_DATABASE=/kept/site.sqlite3
VOLUME /kept
EXPOSE 8000
CMD ["flask", "--app", "app", "serve", "--host", "0.0.0.0"]
