# shellcheck shell=bash disable=SC2154
# The KDC of scripts/testcluster, and HDFS and YARN that ask for its tickets; sourced by it.

KDC_PROGRAM=$HERE/testcluster.d/kdc/Kdc.java

# So short that a run of minutes must renew: seconds until a ticket ends, until a token must be renewed, until it ends.
TICKET_SECONDS=120
TOKEN_RENEW_SECONDS=40
TOKEN_SECONDS=80

copy_kdc_jars() {
  command -v mvn >/dev/null || unavailable "no mvn on the PATH to download MiniKdc's jars with"
  say "downloading Hadoop's MiniKdc (5 MB)"
  mvn -B -q -f "$HERE/testcluster.d/kdc/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$1/jars"
}

kdc_jars() { cached "minikdc-$HADOOP_VERSION" copy_kdc_jars; }

kdc_ready() { [ -e "$DIR/kdc/krb5.conf" ]; }

kdc_up() {
  local java
  HADOOP=$(kdc_jars)
  java=$JAVA_HOME/bin/java
  [ -x "$JAVA_HOME/bin/javac" ] || unavailable "no javac in $JAVA_HOME"
  rm -rf "$DIR/kdc"
  mkdir -p "$DIR/kdc"
  SECONDS=0
  (
    exec 9>&-
    umask 077
    exec setsid "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dmuster.testcluster=$DIR" -cp "$HADOOP/jars/*" \
      "$KDC_PROGRAM" serve "$DIR/kdc" "$PORT_BASE" "$TICKET_SECONDS" >>"$DIR/logs/kdc.log" 2>&1 </dev/null
  ) &
  echo $! >"$DIR/run/kdc.pid"
  await "the KDC" kdc_ready
}

kdc_facts() {
  echo "krb5.conf=$DIR/kdc/krb5.conf"
  echo "principal=alice@MUSTER.TEST"
  echo "keytab=$DIR/kdc/alice.keytab"
  echo "kinit=$HERE/testcluster.d/kinit $DIR/kdc"
}

# use_kdc DIR: from now on the daemons ask that KDC, which 'up kdc' has started.
use_kdc() {
  [ -e "$1/kdc/krb5.conf" ] || fail "cannot find a KDC in $1: start it with 'testcluster up kdc --dir $1'"
  KDC=$(cd "$1/kdc" && pwd)
}

# The configuration of daemons and clients, on top of write_conf's. The data goes by SASL over ports that are not
# privileged; the web pages ask nobody who he is.
write_secure_conf() {
  local realm=MUSTER.TEST
  add_properties core-site.xml <<END
hadoop.security.authentication kerberos
hadoop.security.authorization true
hadoop.rpc.protection privacy
hadoop.kerberos.min.seconds.before.relogin 5
END
  add_properties hdfs-site.xml <<END
dfs.namenode.kerberos.principal hdfs/localhost@$realm
dfs.namenode.keytab.file $KDC/services.keytab
dfs.datanode.kerberos.principal hdfs/localhost@$realm
dfs.datanode.keytab.file $KDC/services.keytab
dfs.web.authentication.kerberos.principal HTTP/localhost@$realm
dfs.web.authentication.kerberos.keytab $KDC/services.keytab
dfs.block.access.token.enable true
dfs.data.transfer.protection privacy
ignore.secure.ports.for.testing true
dfs.namenode.delegation.token.renew-interval $((TOKEN_RENEW_SECONDS * 1000))
dfs.namenode.delegation.token.max-lifetime $((TOKEN_SECONDS * 1000))
END
  add_properties yarn-site.xml <<END
yarn.resourcemanager.principal yarn/localhost@$realm
yarn.resourcemanager.keytab $KDC/services.keytab
yarn.nodemanager.principal yarn/localhost@$realm
yarn.nodemanager.keytab $KDC/services.keytab
yarn.resourcemanager.webapp.delegation-token-auth-filter.enabled false
yarn.resourcemanager.delegation.token.renew-interval $((TOKEN_RENEW_SECONDS * 1000))
yarn.resourcemanager.delegation.token.max-lifetime $((TOKEN_SECONDS * 1000))
END
}

# add_properties FILE: puts 'name value' lines of stdin into a configuration that properties has written.
add_properties() {
  local file=$DIR/conf/$1
  mv "$file" "$file.plain"
  properties "$1"
  {
    sed '/<\/configuration>/d' "$file.plain"
    sed '1,2d' "$file"
  } >"$file.both"
  mv "$file.both" "$file"
  rm "$file.plain"
}
