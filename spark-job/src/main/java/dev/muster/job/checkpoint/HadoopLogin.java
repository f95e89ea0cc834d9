package dev.muster.job.checkpoint;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.apache.hadoop.security.token.delegation.AbstractDelegationTokenIdentifier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the current user of this process shows to file systems that ask for Kerberos. Holds and
 * tells no secret. Immutable; looks anew at each call.
 */
public final class HadoopLogin {
  /** What stands for the user. */
  public enum Kind {
    /** The cluster asks for no Kerberos. */
    UNSECURED,
    /** A keytab, from which tickets come without end. */
    KEYTAB,
    /** A ticket of a cache, which ends. */
    TICKET,
    /** Delegation tokens alone, as in a container. */
    TOKENS,
    /** Nothing. */
    NOTHING
  }

  /**
   * How long a delegation token is good.
   *
   * @param renewEvery it ends unless it is renewed so often
   * @param end when no renewal helps any more
   */
  public record TokenLife(Optional<Duration> renewEvery, Instant end) {}

  private static final Pattern ROOT = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*://[^/]+");
  private static final Logger LOG = LoggerFactory.getLogger(HadoopLogin.class);

  private final Map<String, String> hadoopProperties;

  /**
   * The current user's, with a Hadoop configuration.
   *
   * @param hadoopProperties what is set on top of the Hadoop configuration on the class path
   */
  public HadoopLogin(Map<String, String> hadoopProperties) {
    this.hadoopProperties = Map.copyOf(hadoopProperties);
  }

  /** What the current user has. */
  public Kind kind() {
    if (!UserGroupInformation.isSecurityEnabled()) {
      return Kind.UNSECURED;
    }
    UserGroupInformation user = currentUser();
    if (user.isFromKeytab()) {
      return Kind.KEYTAB;
    }
    if (user.hasKerberosCredentials()) {
      return Kind.TICKET;
    }
    return user.getTokens().isEmpty() ? Kind.NOTHING : Kind.TOKENS;
  }

  /** The whole name: {@code alice@REALM}. */
  public String user() {
    return currentUser().getUserName();
  }

  /** Where tickets are looked for, and whether there is such a file. */
  public static String ticketCache() {
    @Nullable String named = System.getenv("KRB5CCNAME");
    if (named == null || named.isEmpty()) {
      return "the user's ticket cache";
    }
    boolean exists = new File(named.replaceFirst("^FILE:", "")).exists();
    return "the ticket cache " + named + (exists ? "" : " (there is no such file)");
  }

  /** When the ticket of the cache ends; empty where there is no valid one. */
  public Optional<Instant> ticketEnd() {
    Map<String, String> options = new HashMap<>();
    options.put("useTicketCache", "true");
    options.put("doNotPrompt", "true");
    @Nullable String named = System.getenv("KRB5CCNAME");
    if (named != null && !named.isEmpty()) {
      options.put("ticketCache", named.replaceFirst("^FILE:", ""));
    }
    try {
      LoginContext context =
          new LoginContext("muster", null, null, new TicketCacheOnly(Map.copyOf(options)));
      context.login();
      return context.getSubject().getPrivateCredentials(KerberosTicket.class).stream()
          .map(ticket -> ticket.getEndTime().toInstant())
          .max(Comparator.naturalOrder());
    } catch (LoginException e) {
      LOG.debug("Cannot read the ticket cache", e);
      return Optional.empty();
    }
  }

  /** JAAS' word for a ticket cache and nothing else. */
  private static final class TicketCacheOnly extends javax.security.auth.login.Configuration {
    private final Map<String, String> options;

    TicketCacheOnly(Map<String, String> options) {
      this.options = options;
    }

    @Override
    public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
      return new AppConfigurationEntry[] {
        new AppConfigurationEntry(
            "com.sun.security.auth.module.Krb5LoginModule",
            AppConfigurationEntry.LoginModuleControlFlag.REQUIRED,
            options)
      };
    }
  }

  /** The root of a path's file system: {@code hdfs://HOST:PORT}. Asks no server. */
  public String root(String path) {
    Matcher named = ROOT.matcher(path);
    return named.find() ? named.group() : standardRoot();
  }

  /** The root of the default file system. */
  public String standardRoot() {
    URI standard = FileSystem.getDefaultUri(HadoopConfigurations.of(hadoopProperties));
    return standard.getScheme() + "://" + Objects.toString(standard.getAuthority(), "");
  }

  /** Whether the tokens of the current user hold one for the file system of a path. */
  public boolean hasToken(String path) {
    return token(path).isPresent();
  }

  /** How long the token is good that the current user has for the file system of a path. */
  public Optional<TokenLife> lifeOfOwnToken(String path) {
    return token(path).flatMap(token -> life(token, Optional.empty()));
  }

  private Optional<Token<? extends TokenIdentifier>> token(String path) {
    try (FileSystem files = files(path)) {
      @Nullable String service = files.getCanonicalServiceName();
      for (Token<? extends TokenIdentifier> token : currentUser().getTokens()) {
        if (token.getService().toString().equals(service)) {
          return Optional.of(token);
        }
      }
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      throw Failures.because("look for the delegation token of", path, e);
    }
  }

  /**
   * How long a delegation token of the file system would be good: gets one, and gives it back.
   * Empty where the file system has none.
   *
   * @throws StorageException when the server refuses or does not answer
   */
  public Optional<TokenLife> lifeOfNewToken(String path) {
    try (FileSystem files = files(path)) {
      Token<?>[] tokens =
          files.addDelegationTokens(currentUser().getShortUserName(), new Credentials());
      Optional<TokenLife> shortest = Optional.empty();
      for (Token<?> token : tokens == null ? new Token<?>[0] : tokens) {
        Optional<TokenLife> life = life(token, renewed(token, files.getConf()));
        token.cancel(files.getConf());
        if (shortest.isEmpty()
            || (life.isPresent() && life.get().end().isBefore(shortest.get().end()))) {
          shortest = life;
        }
      }
      return shortest;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("Cannot get a delegation token of " + path + ": interrupted", e);
    } catch (IOException | RuntimeException e) {
      throw Failures.because("get a delegation token of", path, e);
    }
  }

  /** How far a renewal reaches; empty where the server does not let its owner renew. */
  private static Optional<Duration> renewed(Token<?> token, Configuration conf)
      throws InterruptedException {
    try {
      Instant end = Instant.ofEpochMilli(token.renew(conf));
      return Optional.of(Duration.between(Instant.now(), end));
    } catch (IOException e) {
      LOG.debug("Cannot renew a delegation token as its owner", e);
      return Optional.empty();
    }
  }

  private static Optional<TokenLife> life(Token<?> token, Optional<Duration> renewEvery) {
    try {
      return token.decodeIdentifier() instanceof AbstractDelegationTokenIdentifier id
          ? Optional.of(new TokenLife(renewEvery, Instant.ofEpochMilli(id.getMaxDate())))
          : Optional.empty();
    } catch (IOException e) { // of a kind whose class is not here
      return Optional.empty();
    }
  }

  private FileSystem files(String path) throws IOException {
    Configuration conf = HadoopConfigurations.impatient(hadoopProperties);
    return FileSystem.newInstance(new Path(path).toUri(), conf);
  }

  private static UserGroupInformation currentUser() {
    try {
      return UserGroupInformation.getCurrentUser();
    } catch (IOException e) {
      throw Failures.because("log in to", "Hadoop", e);
    }
  }
}
