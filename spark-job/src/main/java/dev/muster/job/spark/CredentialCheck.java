package dev.muster.job.spark;

import dev.muster.job.checkpoint.HadoopLogin;
import dev.muster.job.checkpoint.HadoopLogin.TokenLife;
import dev.muster.job.checkpoint.StorageException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * Whether the user can show Kerberized file systems who he is, and for how long: a part of the
 * pre-flight on the driver, before the context exists. Says nothing where nobody asks.
 */
final class CredentialCheck {
  static final String FILE_SYSTEMS = "spark.kerberos.access.hadoopFileSystems";

  private static final String CHECK = "credentials";
  private static final String KEYTAB = "give spark-submit --principal and --keytab";
  private static final List<String> TOKEN_SCHEMES =
      List.of("hdfs", "viewfs", "webhdfs", "swebhdfs", "ofs", "abfs", "abfss");

  private final SparkConf conf;
  private final HadoopLogin login;
  private final String storage;
  private final Clock clock;

  /**
   * A check that has not begun.
   *
   * @param storage the path that executors write to for as long as the run takes
   */
  CredentialCheck(SparkConf conf, String storage) {
    this(conf, new HadoopLogin(ExperimentFile.hadoopProperties(conf)), storage, Clock.systemUTC());
  }

  CredentialCheck(SparkConf conf, HadoopLogin login, String storage, Clock clock) {
    this.conf = conf;
    this.login = login;
    this.storage = storage;
    this.clock = clock;
  }

  /** Whether there are credentials; before anything asks the storage, and without asking it. */
  List<Finding> beforeStorage() {
    if (!givesTokens(storage)) {
      return List.of();
    }
    return switch (login.kind()) {
      case UNSECURED, KEYTAB, TICKET -> List.of();
      case NOTHING ->
          List.of(
              Finding.problem(
                  CHECK,
                  "Cannot use storage %s as user %s: the cluster asks for Kerberos, and there is neither a keytab nor a delegation token, and no valid ticket in %s; run kinit, or %s"
                      .formatted(storage, login.user(), HadoopLogin.ticketCache(), KEYTAB)));
      case TOKENS ->
          hasToken()
              ? List.of()
              : List.of(
                  Finding.problem(
                      CHECK,
                      "Cannot use storage %s as user %s: there is a delegation token for other file systems, none for this one; give spark-submit --conf %s=%s, or --principal and --keytab"
                          .formatted(storage, login.user(), FILE_SYSTEMS, login.root(storage))));
    };
  }

  private boolean hasToken() {
    try {
      return login.hasToken(storage);
    } catch (StorageException e) { // the storage tells it better
      return true;
    }
  }

  /** For how long they are good; after the storage has answered. */
  List<Finding> lifetime() {
    if (!givesTokens(storage)) {
      return List.of();
    }
    HadoopLogin.Kind kind = login.kind();
    if (kind == HadoopLogin.Kind.UNSECURED || kind == HadoopLogin.Kind.NOTHING) {
      return List.of();
    }
    Optional<String> without = withoutTokens();
    if (without.isPresent()) {
      return List.of(
          Finding.warning(
              CHECK,
              "Spark gives its executors no delegation tokens on master %s; each host needs a ticket of its own for %s, or choose YARN or Kubernetes"
                  .formatted(without.get(), storage)));
    }
    if (kind == HadoopLogin.Kind.KEYTAB) {
      return List.of(
          Finding.fine(
              CHECK,
              "%s by keytab; tokens are renewed as long as it runs".formatted(login.user())));
    }
    return Master.isLocal(conf) || Master.isLocalCluster(conf) ? endingTicket() : ending(kind);
  }

  /** In one process there are no tokens: what ends is the ticket. */
  private List<Finding> endingTicket() {
    return login
        .ticketEnd()
        .map(
            end ->
                List.of(
                    Finding.warning(
                        CHECK,
                        "%s has a ticket but no keytab: the ticket ends in %s; a run that takes longer fails, so %s"
                            .formatted(
                                login.user(),
                                text(Duration.between(Instant.now(clock), end)),
                                KEYTAB))))
        .orElse(List.of());
  }

  private List<Finding> ending(HadoopLogin.Kind kind) {
    try {
      Optional<TokenLife> life =
          kind == HadoopLogin.Kind.TICKET
              ? login.lifeOfNewToken(storage)
              : login.lifeOfOwnToken(storage);
      return life.map(found -> List.of(Finding.warning(CHECK, ends(found, kind))))
          .orElse(List.of());
    } catch (StorageException e) {
      return List.of(Finding.problem(CHECK, String.valueOf(e.getMessage())));
    }
  }

  private String ends(TokenLife life, HadoopLogin.Kind kind) {
    String renewal =
        life.renewEvery()
            .map(every -> "ends after %s unless it is renewed, and ".formatted(text(every)))
            .orElse("");
    return "%s has %s but no keytab: a delegation token of %s %sends for good in %s; a run that takes longer fails, so %s"
        .formatted(
            login.user(),
            kind == HadoopLogin.Kind.TICKET ? "a ticket" : "delegation tokens",
            login.root(storage),
            renewal,
            text(Duration.between(Instant.now(clock), life.end())),
            KEYTAB);
  }

  /** A master on which executors get no tokens from Spark. */
  private Optional<String> withoutTokens() {
    return Master.isStandalone(conf) || Master.isLocalCluster(conf)
        ? Optional.of(Master.of(conf))
        : Optional.empty();
  }

  /**
   * Adds the file systems of the storage and of the data to those that Spark gets tokens for, where
   * the cluster asks for Kerberos and they are not the default one.
   */
  static Optional<SparkSettings.Setting> addFileSystems(
      SparkConf conf, String storage, Map<String, Object> data) {
    HadoopLogin login = new HadoopLogin(ExperimentFile.hadoopProperties(conf));
    return login.kind() == HadoopLogin.Kind.UNSECURED
        ? Optional.empty()
        : addFileSystems(conf, login, storage, data);
  }

  static Optional<SparkSettings.Setting> addFileSystems(
      SparkConf conf, HadoopLogin login, String storage, Map<String, Object> data) {
    List<String> paths =
        Stream.concat(Stream.of(storage), texts(data.values()))
            .filter(CredentialCheck::givesTokens)
            .toList();
    List<String> all =
        new ArrayList<>(
            Stream.of(conf.get(FILE_SYSTEMS, "").split(","))
                .map(String::strip)
                .filter(root -> !root.isEmpty())
                .toList());
    List<String> known =
        Stream.concat(Stream.of(login.standardRoot()), all.stream().map(login::root)).toList();
    List<String> missing =
        paths.stream().map(login::root).distinct().filter(root -> !known.contains(root)).toList();
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    all.addAll(missing);
    String value = String.join(",", all);
    conf.set(FILE_SYSTEMS, value);
    return Optional.of(
        new SparkSettings.Setting(
            FILE_SYSTEMS, value, "delegation tokens for " + String.join(", ", missing)));
  }

  private static Stream<String> texts(Collection<?> values) {
    return values.stream()
        .flatMap(
            value ->
                value instanceof Map<?, ?> map
                    ? texts(map.values())
                    : value instanceof Collection<?> list
                        ? texts(list)
                        : value instanceof String text ? Stream.of(text) : Stream.empty());
  }

  private static boolean givesTokens(String path) {
    return TOKEN_SCHEMES.stream().anyMatch(scheme -> path.startsWith(scheme + ":"));
  }

  private static String text(Duration time) {
    long seconds = Math.max(0, time.plusMillis(500).toSeconds());
    return seconds < 120
        ? seconds + " s"
        : seconds < 2 * 3600
            ? seconds / 60 + " min"
            : seconds < 48 * 3600
                ? seconds / 3600 + " h"
                : String.format(Locale.ROOT, "%d days", seconds / 86400);
  }
}
