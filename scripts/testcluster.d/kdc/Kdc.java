import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.hadoop.minikdc.MiniKdc;
import org.apache.kerby.KOptions;
import org.apache.kerby.kerberos.kerb.client.KrbClient;
import org.apache.kerby.kerberos.kerb.client.KrbOption;
import org.apache.kerby.kerberos.kerb.type.ticket.TgtTicket;

/** The KDC of scripts/testcluster, and its tickets: run as a source file on Hadoop's MiniKdc. */
final class Kdc {
  private static final String[] SERVICES = {"hdfs/localhost", "yarn/localhost", "HTTP/localhost"};
  private static final String USER = "alice";

  private Kdc() {}

  /**
   * {@code serve FOLDER PORT TICKET_SECONDS}: a KDC on 127.0.0.1 until the process ends; leaves {@code
   * services.keytab}, {@code alice.keytab} and, when it answers, {@code krb5.conf} in the folder.
   * {@code kinit KRB5_CONF PRINCIPAL KEYTAB CACHE SECONDS}: a ticket into a cache, as MIT's kinit.
   */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "serve" -> serve(Path.of(arguments[1]), arguments[2], arguments[3]);
      case "kinit" -> kinit(arguments);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void serve(Path folder, String port, String seconds) throws Exception {
    Properties conf = MiniKdc.createConf();
    conf.setProperty(MiniKdc.ORG_NAME, "MUSTER");
    conf.setProperty(MiniKdc.ORG_DOMAIN, "TEST");
    conf.setProperty(MiniKdc.KDC_BIND_ADDRESS, "127.0.0.1");
    conf.setProperty(MiniKdc.KDC_PORT, port);
    conf.setProperty(MiniKdc.MIN_TICKET_LIFETIME, "1");
    conf.setProperty(MiniKdc.MAX_TICKET_LIFETIME, seconds);
    MiniKdc kdc = new MiniKdc(conf, Files.createDirectories(folder.resolve("work")).toFile());
    kdc.start();
    kdc.createPrincipal(folder.resolve("services.keytab").toFile(), SERVICES);
    kdc.createPrincipal(folder.resolve(USER + ".keytab").toFile(), USER);
    Path krb5 = folder.resolve("krb5.conf.new");
    Files.writeString(
        krb5,
        """
        [libdefaults]
          default_realm = %1$s
          dns_lookup_kdc = false
          dns_lookup_realm = false
          dns_canonicalize_hostname = false
          rdns = false
          udp_preference_limit = 1
          ticket_lifetime = %3$ss
        [realms]
          %1$s = {
            kdc = 127.0.0.1:%2$s
          }
        [domain_realm]
          localhost = %1$s
        """
            .formatted(kdc.getRealm(), port, seconds));
    Files.move(krb5, folder.resolve("krb5.conf"), StandardCopyOption.ATOMIC_MOVE);
    new CountDownLatch(1).await();
  }

  private static void kinit(String[] arguments) throws Exception {
    File folder = new File(arguments[1]).getAbsoluteFile().getParentFile(); // looks for krb5.conf in it
    KrbClient client = new KrbClient(folder);
    client.init();
    KOptions options = new KOptions();
    options.add(KrbOption.CLIENT_PRINCIPAL, arguments[2]);
    options.add(KrbOption.USE_KEYTAB, true);
    options.add(KrbOption.KEYTAB_FILE, new File(arguments[3]));
    options.add(KrbOption.LIFE_TIME, Integer.parseInt(arguments[5]));
    TgtTicket ticket = client.requestTgt(options);
    client.storeTicket(ticket, new File(arguments[4]));
  }
}
