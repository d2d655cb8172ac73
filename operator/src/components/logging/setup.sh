#!/usr/bin/env bash
# Tells Elasticsearch how to keep the logs and who brings them, and Kibana where they are. It waits until both answer,
# and changes nothing that is already right.
set -euo pipefail

# ask METHOD URL FILE SERVER: sends the file, if there is one, and fails with what the server answered. The password is
# no argument, which others could read in the list of processes.
ask() {
  local method=$1 url=$2 file=$3 server=$4 status
  status=$(curl --silent --show-error --max-time 60 --request "$method" \
    --config <(printf 'user = "elastic:%s"\n' "$ELASTIC_PASSWORD") \
    ${CERTIFICATES:+--cacert "$CERTIFICATES/$server/ca.crt"} \
    --header 'content-type: application/json' --header 'kbn-xsrf: true' \
    ${file:+--data-binary "@$file"} --output /tmp/answer --write-out '%{http_code}' "$url") || return 1
  [[ $status == 2* ]] && return 0
  echo "$method $url: $status: $(head --bytes 1000 /tmp/answer)" >&2
  return 1
}

elasticsearch() { ask "$1" "$ELASTICSEARCH_URL/$2" "${3-}" elasticsearch; }
kibana() { ask "$1" "$KIBANA_URL/$2" "${3-}" kibana; }

until elasticsearch GET '_cluster/health?wait_for_status=yellow&timeout=50s'; do sleep 2; done

if [[ -n ${KIBANA_PASSWORD-} ]]; then
  printf '{"password":"%s"}' "$KIBANA_PASSWORD" > /tmp/kibana.json
  elasticsearch PUT _security/user/kibana_system/_password /tmp/kibana.json
fi
elasticsearch PUT "_ilm/policy/$INDEX" /setup/policy.json
elasticsearch PUT "_index_template/$INDEX" /setup/template.json
# The user comes last: before, Fluentd could make an index without the template.
elasticsearch PUT "_security/role/$INDEX" /setup/role.json
printf '{"password":"%s","roles":["%s"]}' "$FLUENTD_PASSWORD" "$INDEX" > /tmp/fluentd.json
elasticsearch PUT _security/user/fluentd /tmp/fluentd.json

if [[ -n ${KIBANA_URL-} ]]; then
  until kibana GET api/status; do sleep 2; done
  kibana POST api/data_views/data_view /setup/data-view.json
fi
echo 'Elasticsearch and Kibana are set up'
