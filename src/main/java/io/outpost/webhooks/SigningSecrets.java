package io.outpost.webhooks;

import java.security.SecureRandom;
import java.util.Base64;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.secretsmanager.model.Tag;

/**
 * The steps of storing an endpoint's signing secret: the value in Secrets Manager under the
 * tenant's prefix, the list of signing versions in the table webhooks. Stateless.
 */
@Component("signingSecrets")
public class SigningSecrets {

  private static final Logger LOG = LoggerFactory.getLogger(SigningSecrets.class);
  private static final String VALUE = "signingSecret";
  private static final String VERSION = "signingVersion";
  private static final String UNDO = "undo";
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 32;
  private static final long RECOVERY_DAYS = 7;

  private final SecretsManagerClient manager;
  private final String kmsKey;

  SigningSecrets(SecretsManagerClient manager, @Value("${outpost.secrets.kms-key}") String kmsKey) {
    this.manager = manager;
    this.kmsKey = kmsKey;
  }

  /** Creates the secret of a new endpoint. */
  public void create(@Body Endpoint endpoint, Exchange exchange) {
    var id = Endpoint.secretName(endpoint.tenantId(), endpoint.webhookId());
    var value = random();
    var created =
        manager.createSecret(
            c ->
                c.name(id)
                    .secretString(value)
                    .kmsKeyId(kmsKey.isBlank() ? null : kmsKey)
                    .tags(Tag.builder().key("outpost:tenant").value(endpoint.tenantId()).build()));
    made(exchange, value, created.versionId());
    undo(
        exchange, () -> manager.deleteSecret(d -> d.secretId(id).forceDeleteWithoutRecovery(true)));
  }

  /** Adds a new version beside the current one. */
  public void renew(@Body Endpoint endpoint, Exchange exchange) {
    var id = Endpoint.secretName(endpoint.tenantId(), endpoint.webhookId());
    var value = random();
    var version = manager.putSecretValue(p -> p.secretId(id).secretString(value)).versionId();
    made(exchange, value, version);
    var before = endpoint.secrets().getFirst().id();
    undo(
        exchange,
        () ->
            manager.updateSecretVersionStage(
                u ->
                    u.secretId(id)
                        .versionStage("AWSCURRENT")
                        .moveToVersionId(before)
                        .removeFromVersionId(version)));
  }

  /** Deletes the secret of an endpoint; it can be restored for seven days. */
  public void delete(@Body Endpoint endpoint, Exchange exchange) {
    var id = Endpoint.secretName(endpoint.tenantId(), endpoint.webhookId());
    try {
      manager.deleteSecret(d -> d.secretId(id).recoveryWindowInDays(RECOVERY_DAYS));
      undo(exchange, () -> manager.restoreSecret(r -> r.secretId(id)));
    } catch (ResourceNotFoundException | InvalidRequestException e) {
      LOG.debug("A signing secret to delete does not exist; its endpoint is deleted");
    }
  }

  /** Undoes the change in Secrets Manager. */
  public void takeBack(@ExchangeProperty(UNDO) Runnable undo) {
    try {
      if (undo != null) {
        undo.run();
      }
    } catch (SdkException e) {
      LOG.warn("A signing secret was not recorded and could not be undone: {}", e.toString());
    }
  }

  /**
   * Undoes the change, because the table could not be written.
   *
   * @throws Exception always: the original failure
   */
  public void fail(
      @ExchangeProperty(UNDO) Runnable undo,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause)
      throws Exception {
    takeBack(undo);
    throw cause;
  }

  private static void made(Exchange exchange, String value, String version) {
    exchange.setProperty(VALUE, value);
    exchange.setProperty(VERSION, version);
  }

  private static void undo(Exchange exchange, Runnable step) {
    exchange.setProperty(UNDO, step);
  }

  private static String random() {
    var bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return "whsec_" + Base64.getEncoder().encodeToString(bytes);
  }
}
