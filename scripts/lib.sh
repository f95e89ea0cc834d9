# shellcheck shell=bash
# What the scripts beside this one share; they source it. Everything is found from the place of this file, so that they
# work from any directory.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VERSION=0.1.0
SPARK_VERSION=3.5.5
SPARK_SCALA=2.12
CACHE=${MUSTER_CACHE:-${HOME:-$ROOT}/.cache/muster}
JOB_JAR=${MUSTER_JAR:-$ROOT/spark-job/target/muster-job-$VERSION.jar}
# What Spark's own launcher adds on JDK 17 (org.apache.spark.launcher.JavaModuleOptions).
# shellcheck disable=SC2034 # used by the scripts that source this file
SPARK_JAVA_OPTIONS=(
  -XX:+IgnoreUnrecognizedVMOptions
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/java.lang.invoke=ALL-UNNAMED
  --add-opens=java.base/java.lang.reflect=ALL-UNNAMED
  --add-opens=java.base/java.io=ALL-UNNAMED
  --add-opens=java.base/java.net=ALL-UNNAMED
  --add-opens=java.base/java.nio=ALL-UNNAMED
  --add-opens=java.base/java.util=ALL-UNNAMED
  --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
  --add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED
  --add-opens=java.base/jdk.internal.ref=ALL-UNNAMED
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED
  --add-opens=java.base/sun.nio.cs=ALL-UNNAMED
  --add-opens=java.base/sun.security.action=ALL-UNNAMED
  --add-opens=java.base/sun.util.calendar=ALL-UNNAMED
  --add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED
  -Djdk.reflect.useDirectMethodHandle=false
)

say() {
  printf '%s\n' "$*" >&2
}

# die MESSAGE: ends the script with exit code 2, as the job does where something is missing.
die() {
  say "${0##*/}: $*"
  exit 2
}

# jdk_at DIRECTORY: whether it is a JDK of version 17 or later, but one that Hadoop's client still runs on.
jdk_at() {
  local version
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] || return 1
  version=$("$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] && [ "$version" -ge 17 ] && [ "$version" -le 23 ]
}

# find_jdk: sets and exports JAVA_HOME; fails where there is no JDK.
find_jdk() {
  local candidate javac
  if [ -n "${JAVA_HOME:-}" ] && jdk_at "$JAVA_HOME"; then
    export JAVA_HOME
    return 0
  fi
  if javac=$(command -v javac); then
    candidate=$(dirname "$(dirname "$(readlink -f "$javac")")")
    if jdk_at "$candidate"; then
      export JAVA_HOME=$candidate
      return 0
    fi
  fi
  for candidate in /usr/lib/jvm/*17* /usr/lib/jvm/*; do
    if jdk_at "$candidate"; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  return 1
}

# can_install: whether this is Debian or one of its kind, and we may install packages.
can_install() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

# install_packages NAME…: by apt-get, after update_packages.
install_packages() {
  say "Installing $* by apt-get"
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >&2 ||
    die "Cannot install $*: apt-get failed, see above"
}

update_packages() {
  apt-get -q update >&2 || die "Cannot install anything: apt-get update failed, see above"
}

# jdk_package: the name of Debian's JDK 17, or of its default where 17 is not packaged any more.
jdk_package() {
  if [ -n "$(apt-cache search --names-only '^openjdk-17-jdk-headless$')" ]; then
    echo openjdk-17-jdk-headless
  else
    echo default-jdk-headless
  fi
}

# need_tools: makes sure of a JDK and Maven, or says what to install.
need_tools() {
  local missing=()
  find_jdk || missing+=("a JDK 17 to 23")
  command -v mvn >/dev/null || missing+=("Maven 3.8 or later")
  [ ${#missing[@]} -eq 0 ] && return 0
  if can_install; then
    say "Not found: $(joined "${missing[@]}")"
    update_packages
    install_packages "$(jdk_package)" maven
    find_jdk || die "Cannot find a JDK 17 to 23 after installing one: set JAVA_HOME"
    return 0
  fi
  die "Cannot go on without $(joined "${missing[@]}"). Install it, or set JAVA_HOME, and call this script again:
  Debian, Ubuntu   sudo apt-get install openjdk-17-jdk-headless maven
  Fedora, RHEL     sudo dnf install java-17-openjdk-devel maven"
}

joined() {
  local all=$1
  shift
  for one in "$@"; do
    all="$all and $one"
  done
  echo "$all"
}

# need_platform: TensorFlow's library in the job jar is for Linux on x86_64.
need_platform() {
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
    die "Cannot run TensorFlow: expected Linux on x86_64, found $(uname -s) on $(uname -m)"
}

# need_job_jar: the job jar must have been built.
need_job_jar() {
  [ -f "$JOB_JAR" ] || die "Cannot find $JOB_JAR: build it by 'mvn -DskipTests package' in $ROOT, or set MUSTER_JAR"
}

# logged WHAT LOG COMMAND…: runs the command with its output in a file, and says every 15 s that it still runs.
logged() {
  local what=$1 log=$2 status=0 ticker
  shift 2
  mkdir -p "$(dirname "$log")"
  : >"$log"
  say "$what (log: $log)"
  tick $$ "$log" &
  ticker=$!
  "$@" >"$log" 2>&1 || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    grep -E '^\[ERROR\]|error:' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
    say "Failed with exit code $status: $what"
  fi
  return "$status"
}

# tick PID LOG: a line every 15 s while the process lives.
tick() {
  local seconds=0
  while sleep 15 && kill -0 "$1" 2>/dev/null; do
    seconds=$((seconds + 15))
    say "  … $seconds s: $(grep -aE '^\[INFO\] (Building .*\[[0-9/]+\]$|Download)|^Download' "$2" | tail -n 1 |
      sed 's/^\[INFO\] //; s/  */ /g' | cut -c 1-100)"
  done
}

# user_submit: prints the user's own spark-submit; fails where there is none.
user_submit() {
  if [ -n "${SPARK_HOME:-}" ]; then
    [ -x "$SPARK_HOME/bin/spark-submit" ] ||
      die "Cannot find $SPARK_HOME/bin/spark-submit: SPARK_HOME is set, but there is no Spark; correct or unset it"
    echo "$SPARK_HOME/bin/spark-submit"
  else
    command -v spark-submit
  fi
}

# need_own_spark: Spark from Maven jars, copied once into the cache; sets SPARK_HOME and what goes with it.
need_own_spark() {
  local home=$CACHE/spark-$SPARK_VERSION
  if [ ! -d "$home/jars" ]; then
    need_tools
    mkdir -p "$CACHE"
    exec 9>"$CACHE/spark.lock"
    flock -w 1800 9 || die "Cannot lock $CACHE/spark.lock: another script holds it for half an hour"
    # Another script may have copied them while this one waited.
    [ -d "$home/jars" ] || copy_spark "$home" 9>&-
    exec 9>&-
  fi
  export SPARK_HOME=$home SPARK_SCALA_VERSION=$SPARK_SCALA SPARK_CONF_DIR=${SPARK_CONF_DIR:-$ROOT/conf}
}

copy_spark() {
  local new
  new=$(mktemp -d "$CACHE/spark-new.XXXXXX")
  logged "Copying the jars of Spark $SPARK_VERSION to $1, once" "$CACHE/spark.log" \
    mvn -B -f "$ROOT/scripts/spark/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    "-DoutputDirectory=$new/jars" ||
    die "Cannot copy the jars of Spark $SPARK_VERSION: see $CACHE/spark.log, or set SPARK_HOME to a Spark of your own"
  chmod 755 "$new"
  mv "$new" "$1"
}

# need_spark_jars: sets SPARK_JARS to the folder with the jars of the user's Spark, or of ours.
need_spark_jars() {
  local submit
  if submit=$(user_submit); then
    # Every distribution has this file, PyPI's too; it sets SPARK_HOME.
    # shellcheck disable=SC1090,SC1091
    SPARK_JARS=$(set +eu && . "$(dirname "$(readlink -f "$submit")")/find-spark-home" >/dev/null && echo "$SPARK_HOME/jars")
    [ -d "$SPARK_JARS" ] || die "Cannot find the jars of Spark beside $submit: set SPARK_HOME"
  else
    need_own_spark
    # shellcheck disable=SC2034 # used by the scripts that source this file
    SPARK_JARS=$SPARK_HOME/jars
  fi
}
