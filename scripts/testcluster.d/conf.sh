# The configuration of scripts/testcluster; sourced by it. Needs DIR and, to write, PORT_BASE, NODES and LOG_AGGREGATION.

HADOOP_VERSION=3.4.2

PORTS=(namenode namenode.http datanode datanode.http datanode.ipc resourcemanager resourcemanager.scheduler
  resourcemanager.tracker resourcemanager.admin resourcemanager.web nodemanager nodemanager.localizer
  nodemanager.web nodemanager.collector namenode.secondary master master.web)

# port NAME: the port that this cluster chose for it.
port() { sed -n "s/^$1=//p" "$DIR/conf/ports"; }

# properties FILE: writes 'name value' lines of stdin as a Hadoop configuration.
properties() {
  local name value
  {
    echo '<?xml version="1.0"?>'
    echo '<configuration>'
    while read -r name value; do
      [ -z "$name" ] || printf '  <property><name>%s</name><value>%s</value></property>\n' "$name" "$value"
    done
    echo '</configuration>'
  } >"$DIR/conf/$1"
}

# at NAME: host and port of one of PORTS.
at() { echo "127.0.0.1:$(port "$1")"; }

write_conf() {
  local i
  for i in "${!PORTS[@]}"; do
    echo "${PORTS[i]}=$((PORT_BASE + i))"
  done >"$DIR/conf/ports"

  properties core-site.xml <<END
fs.defaultFS hdfs://$(at namenode)
hadoop.tmp.dir $DIR/data
hadoop.http.staticuser.user $(id -un)
hadoop.security.token.service.use_ip true
END
  properties hdfs-site.xml <<END
dfs.replication 1
dfs.permissions.enabled false
dfs.namenode.rpc-bind-host 127.0.0.1
dfs.namenode.http-address $(at namenode.http)
dfs.namenode.secondary.http-address $(at namenode.secondary)
dfs.namenode.datanode.registration.ip-hostname-check false
dfs.namenode.safemode.min.datanodes 1
dfs.namenode.safemode.extension 0
dfs.datanode.hostname 127.0.0.1
dfs.datanode.address $(at datanode)
dfs.datanode.http.address $(at datanode.http)
dfs.datanode.ipc.address $(at datanode.ipc)
dfs.datanode.du.reserved 0
END
  properties yarn-site.xml <<END
yarn.resourcemanager.hostname 127.0.0.1
yarn.resourcemanager.bind-host 127.0.0.1
yarn.resourcemanager.address $(at resourcemanager)
yarn.resourcemanager.scheduler.address $(at resourcemanager.scheduler)
yarn.resourcemanager.resource-tracker.address $(at resourcemanager.tracker)
yarn.resourcemanager.admin.address $(at resourcemanager.admin)
yarn.resourcemanager.webapp.address $(at resourcemanager.web)
yarn.resourcemanager.am.max-attempts 2
yarn.resourcemanager.connect.retry-interval.ms 500
yarn.resourcemanager.nodemanagers.heartbeat-interval-ms 250
yarn.nodemanager.hostname 127.0.0.1
yarn.nodemanager.bind-host 127.0.0.1
yarn.nodemanager.address $(at nodemanager)
yarn.nodemanager.localizer.address $(at nodemanager.localizer)
yarn.nodemanager.webapp.address $(at nodemanager.web)
yarn.nodemanager.collector-service.address $(at nodemanager.collector)
yarn.nodemanager.local-dirs $DIR/yarn/local
yarn.nodemanager.log-dirs $DIR/yarn/logs
yarn.nodemanager.resource.memory-mb 8192
yarn.nodemanager.resource.cpu-vcores 8
yarn.nodemanager.vmem-check-enabled false
yarn.nodemanager.delete.debug-delay-sec 600
yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage 99.9
yarn.nodemanager.env-whitelist JAVA_HOME,HADOOP_COMMON_HOME,HADOOP_HDFS_HOME,HADOOP_CONF_DIR
yarn.log-aggregation-enable $LOG_AGGREGATION
yarn.nodemanager.remote-app-log-dir /logs
yarn.scheduler.minimum-allocation-mb 256
yarn.scheduler.maximum-allocation-mb 8192
yarn.scheduler.maximum-allocation-vcores 8
END
  properties capacity-scheduler.xml <<END
yarn.scheduler.capacity.root.queues default,training
yarn.scheduler.capacity.root.default.capacity 50
yarn.scheduler.capacity.root.default.maximum-capacity 100
yarn.scheduler.capacity.root.default.user-limit-factor 2
yarn.scheduler.capacity.root.training.capacity 50
yarn.scheduler.capacity.root.training.maximum-capacity 100
yarn.scheduler.capacity.root.training.user-limit-factor 2
yarn.scheduler.capacity.maximum-am-resource-percent 0.5
END
  cat >"$DIR/conf/log4j.properties" <<END
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
END
  if [ -n "${KDC:-}" ]; then write_secure_conf; fi
  if [ "$NODES" = 2 ]; then second_node; fi
}

# The second NodeManager: the ports of the first on an address, and so a host name, of its own.
second_node() {
  mkdir "$DIR/conf.node2"
  cp "$DIR"/conf/* "$DIR/conf.node2"
  sed -e '/<name>yarn\.nodemanager\./s/127\.0\.0\.1/127.0.0.2/' -e "s|$DIR/yarn/|$DIR/yarn/node2/|" \
    "$DIR/conf/yarn-site.xml" >"$DIR/conf.node2/yarn-site.xml"
}
