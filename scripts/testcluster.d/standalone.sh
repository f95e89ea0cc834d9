# Spark's own cluster manager for scripts/testcluster; sourced by it. Needs DIR, JAVA_HOME and SPARK_VERSION.

WORKERS=(127.0.0.1 localhost) # two names of one host, which Spark takes for two hosts
WORKER_CORES=4
WORKER_MEMORY=4096m

# spark_java LOG CLASS ARGS…: runs a daemon of Spark's, with what its launcher adds on JDK 17.
spark_java() {
  local log=$1
  shift
  exec "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dmuster.testcluster=$DIR" \
    -Dspark.master.rest.enabled=false \
    --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.lang.invoke=ALL-UNNAMED \
    --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    --add-opens=java.base/jdk.internal.ref=ALL-UNNAMED \
    -cp "$DIR/conf:$SPARK_HOME/jars/*" "$@" >>"$log" 2>&1 </dev/null
}

# start_spark NAME CLASS ARGS…: as start_daemon. MUSTER_TESTCLUSTER goes on to executors and drivers.
start_spark() {
  local name=$1
  shift
  (
    exec 9>&-
    export -f spark_java
    export DIR JAVA_HOME SPARK_HOME SPARK_SCALA_VERSION SPARK_LOCAL_DIRS="$DIR/spark/local" SPARK_LOCAL_IP=127.0.0.1 \
      HADOOP_CONF_DIR="$DIR/conf" MUSTER_TESTCLUSTER="$DIR"
    exec setsid bash -c 'spark_java "$@"' spark_java "$DIR/logs/$name.log" "$@"
  ) &
  echo $! >"$DIR/run/$name.pid"
}

standalone_up() {
  local i jar
  SPARK_HOME=$("$HERE/testcluster.d/spark-distribution" "$SPARK_VERSION")
  jar=$(basename "$SPARK_HOME"/jars/spark-core_*.jar)
  SPARK_SCALA_VERSION=${jar#spark-core_}
  SPARK_SCALA_VERSION=${SPARK_SCALA_VERSION%%-*}
  rm -rf "$DIR/spark"
  mkdir -p "$DIR/spark/local"
  echo "SPARK_HOME=$SPARK_HOME" >"$DIR/conf/spark"
  SECONDS=0
  start_spark master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$(port master)" \
    --webui-port "$(port master.web)"
  await 'the Master' master_ready
  for i in "${!WORKERS[@]}"; do
    start_spark "worker$((i + 1))" org.apache.spark.deploy.worker.Worker --host "${WORKERS[i]}" --port 0 --webui-port 0 \
      --cores $WORKER_CORES --memory $WORKER_MEMORY --work-dir "$DIR/spark/work$((i + 1))" "$(master_url)"
  done
  await 'two Workers' workers_ready
}

master_url() { echo "spark://127.0.0.1:$(port master)"; }

master_ready() { page "$(port master.web)" /json/ | tr -d ' ' | grep -q '"status":"ALIVE"'; }

workers_ready() { page "$(port master.web)" /json/ | tr -d ' ' | grep -q "\"aliveworkers\":${#WORKERS[@]}[,}]"; }

standalone_facts() {
  cat "$DIR/conf/spark"
  echo "spark.master=$(master_url)"
  echo "spark.master.webui=http://127.0.0.1:$(port master.web)"
  echo "spark.worker.dirs=$DIR/spark/work1,$DIR/spark/work2"
}
