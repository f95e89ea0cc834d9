# shellcheck shell=bash disable=SC2034,SC2154
# A Kubernetes of scripts/testcluster; sourced by it. etcd, kube-apiserver and kube-controller-manager are real, built
# by kubernetes-servers; scheduler and kubelet are our stand-in, kubernetes/node.

KUBERNETES=$HERE/testcluster.d/kubernetes
NODE_RESOURCES=(cpu=8 memory=16Gi pods=50 ephemeral-storage=50Gi)

# An address for the API server, 127.A.B.1, and those of the pods beside it: of this cluster alone, by its ports.
kubernetes_host() { echo "127.$((PORT_BASE / 256)).$((PORT_BASE % 256)).1"; }

require_kubernetes() {
  [ "$(id -u)" = 0 ] || unavailable "mount name spaces for pods need root"
  unshare --mount --uts true 2>/dev/null || unavailable "no mount name spaces here: unshare is forbidden"
  [ -x "$JAVA_HOME/bin/javac" ] || unavailable "no javac in $JAVA_HOME"
  command -v openssl >/dev/null || install_as_root openssl || unavailable "no openssl on the PATH"
  can_listen "$(kubernetes_host)" 443 || unavailable "no right to listen on port 443"
  SERVERS=$("$HERE/testcluster.d/kubernetes-servers")
  SPARK=$("$HERE/testcluster.d/spark-distribution")
}

# can_listen HOST PORT: the root of a container may lack the right to low ports.
can_listen() {
  command -v python3 >/dev/null || return 0
  python3 -c 'import socket, sys; socket.create_server((sys.argv[1], int(sys.argv[2])))' "$@" 2>/dev/null
}

# The CA and its certificate for the API server; the keys of service accounts. RSA: Spark's client reads no other.
write_certificates() {
  local to=$DIR/conf names
  names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$to/ca.key" -out "$to/ca.crt" -days 3650 -subj /CN=testcluster
  openssl req -newkey rsa:2048 -nodes -keyout "$to/apiserver.key" -out "$to/apiserver.csr" -subj /CN=kube-apiserver
  openssl x509 -req -in "$to/apiserver.csr" -CA "$to/ca.crt" -CAkey "$to/ca.key" -CAcreateserial -days 3650 \
    -extfile <(echo "subjectAltName=$names,IP:$(kubernetes_host)") -out "$to/apiserver.crt"
  openssl genrsa -out "$to/accounts.key" 2048
  openssl rsa -in "$to/accounts.key" -pubout -out "$to/accounts.pub"
}

write_kubernetes_conf() {
  local token
  printf 'etcd=%s\netcd.peer=%s\ncontrollers=%s\n' "$PORT_BASE" $((PORT_BASE + 1)) $((PORT_BASE + 2)) >"$DIR/conf/ports"
  write_certificates 2>"$DIR/logs/openssl.log" || fail "cannot write certificates: see $DIR/logs/openssl.log"
  token=$(openssl rand -hex 16)
  (umask 077 && echo "$token,admin,admin,system:masters" >"$DIR/conf/tokens.csv" && echo "$token" >"$DIR/conf/admin.token")
  cat >"$DIR/conf/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: testcluster, cluster: {server: "https://$(kubernetes_host):443", certificate-authority: $DIR/conf/ca.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: testcluster, context: {cluster: testcluster, user: admin, namespace: muster}}]
current-context: testcluster
END
  # Who asked for what: how the verbs of conf/kubernetes/role.yaml were found.
  cat >"$DIR/conf/audit.yaml" <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{level: Metadata, namespaces: [muster]}, {level: None}]
END
  echo "muster-test\\:3.5.5=$SPARK:/opt/spark,$KUBERNETES/entrypoint.sh:/opt/entrypoint.sh" >"$DIR/conf/images"
}

# run_daemon NAME COMMAND…: as start_daemon, for programs that are no class of Hadoop's. Their environment has the mark.
run_daemon() {
  local name=$1
  shift
  (
    exec 9>&-
    export MUSTER_TESTCLUSTER=$DIR
    exec setsid "$@" >>"$DIR/logs/$name.log" 2>&1 </dev/null
  ) &
  echo $! >"$DIR/run/$name.pid"
}

start_etcd() {
  local client peer
  client=http://$(at etcd) peer=http://$(at etcd.peer)
  run_daemon etcd "$SERVERS/bin/etcd" "--data-dir=$DIR/data/etcd" --unsafe-no-fsync \
    "--listen-client-urls=$client" "--advertise-client-urls=$client" "--listen-peer-urls=$peer" \
    "--initial-advertise-peer-urls=$peer" "--initial-cluster=default=$peer"
}

start_apiserver() {
  local conf=$DIR/conf
  run_daemon apiserver "$SERVERS/bin/kube-apiserver" "--etcd-servers=http://$(at etcd)" \
    "--bind-address=$(kubernetes_host)" "--advertise-address=$(kubernetes_host)" --secure-port=443 \
    --endpoint-reconciler-type=none --authorization-mode=RBAC "--token-auth-file=$conf/tokens.csv" \
    "--tls-cert-file=$conf/apiserver.crt" "--tls-private-key-file=$conf/apiserver.key" \
    "--audit-policy-file=$conf/audit.yaml" "--audit-log-path=$DIR/logs/audit.log" \
    --service-account-issuer=https://kubernetes.default.svc "--service-account-key-file=$conf/accounts.pub" \
    "--service-account-signing-key-file=$conf/accounts.key" --service-cluster-ip-range=10.0.0.0/24
}

start_controllers() {
  run_daemon controllers "$SERVERS/bin/kube-controller-manager" "--kubeconfig=$DIR/conf/kubeconfig" --leader-elect=false \
    --bind-address=127.0.0.1 "--secure-port=$(port controllers)" "--root-ca-file=$DIR/conf/ca.crt" \
    "--service-account-private-key-file=$DIR/conf/accounts.key" \
    --controllers=garbage-collector-controller,serviceaccount-controller,root-ca-certificate-publisher-controller,namespace-controller,resourcequota-controller
}

# Compiled once for each state of its source.
compile_node() {
  "$JAVA_HOME/bin/javac" -nowarn -proc:none -d "$1" -cp "$SPARK/jars/*" "$KUBERNETES"/node/*.java
}

start_node() {
  local classes
  classes=$(cached "kubernetes-node-$(cat "$KUBERNETES"/node/*.java | sha256sum | cut -c 1-12)" compile_node)
  run_daemon node "$JAVA_HOME/bin/java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dmuster.testcluster=$DIR" \
    "-Dmuster.pod=$KUBERNETES/pod" "-Dmuster.role=$HERE/../conf/kubernetes/role.yaml" \
    -cp "$classes:$SPARK/jars/*" dev.muster.testcluster.node.Node "$DIR" "${NODE_RESOURCES[@]}"
}

etcd_ready() { page "$(port etcd)" /health | tr -d ' ' | grep -q '"health":"true"'; }

# kubernetes_get PATH: needs no curl.
kubernetes_get() {
  printf 'GET %s HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n' "$1" "$(cat "$DIR/conf/admin.token")" |
    timeout 5 openssl s_client -quiet -verify_quiet -CAfile "$DIR/conf/ca.crt" \
      -connect "$(kubernetes_host):443" 2>/dev/null || true
}

apiserver_ready() { kubernetes_get /readyz | grep -q '^ok'; }
controllers_ready() { kubernetes_get /api/v1/namespaces/default/serviceaccounts/default | grep -q '"uid"'; }
node_ready() { [ -e "$DIR/run/node.ready" ]; }

kubernetes_up() {
  require_kubernetes
  rm -rf "$DIR"/pods
  mkdir -p "$DIR/pods"
  write_kubernetes_conf
  SECONDS=0
  start_etcd
  await etcd etcd_ready
  start_apiserver
  await "the API server" apiserver_ready
  start_controllers
  await "the controller manager" controllers_ready
  start_node
  await "the node" node_ready
}

# In this order, each waited for: without etcd the API server does not end.
kubernetes_stop() {
  local name pid deadline
  for name in node controllers apiserver etcd; do
    [ -e "$DIR/run/$name.pid" ] && alive "$name" || continue
    pid=$(cat "$DIR/run/$name.pid")
    kill "$pid" 2>/dev/null || true
    deadline=$((SECONDS + STOP_SECONDS))
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  done
}

kubernetes_facts() {
  local host
  host=$(sed -n 's#.*server: "https://\([0-9.]*\):443".*#\1#p' "$DIR/conf/kubeconfig")
  echo "KUBECONFIG=$DIR/conf/kubeconfig"
  echo "kubernetes.master=k8s://https://$host:443"
  echo "kubernetes.namespace=muster"
  echo "kubernetes.ca=$DIR/conf/ca.crt"
  echo "kubernetes.tokens=$DIR/conf"
  echo "kubernetes.admin-token=$DIR/conf/admin.token"
  echo "kubernetes.images=$DIR/conf/images"
  echo "kubernetes.pods=$DIR/pods"
  echo "kubernetes.audit-log=$DIR/logs/audit.log"
}
