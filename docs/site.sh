#!/bin/sh
# /usr/local/bin/site: one of the site's commands, as the running site would run it: site backup
set -e
cd /srv/site
exec runuser -u site -- sh -c 'umask 077; set -a; . /etc/site.env; exec .venv/bin/flask --app app "$@"' site "$@"
