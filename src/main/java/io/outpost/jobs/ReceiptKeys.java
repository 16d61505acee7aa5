package io.outpost.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.impl.ECDSA;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.util.Base64URL;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.kernel.Problem;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Body;
import org.apache.commons.codec.digest.DigestUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.MessageType;
import software.amazon.awssdk.services.kms.model.SigningAlgorithmSpec;

/**
 * The keys of receipts, P-256 keys in KMS. The first one signs. The public halves of all are
 * published, so that receipts signed with a replaced key can still be checked. Thread-safe.
 */
@Component("receiptKeys")
public class ReceiptKeys {

  private static final Logger LOG = LoggerFactory.getLogger(ReceiptKeys.class);
  private static final int MOST = 100;
  private static final JOSEObjectType TYPE = new JOSEObjectType("outpost-receipt");

  private final KmsClient kms;
  private final List<String> ids;
  private final Map<String, ECKey> known = new ConcurrentHashMap<>();
  private final Counter tries;

  /**
   * The keys that could not be read in the last ten seconds: callers without authentication must
   * not cause more calls to KMS than one per key in that time.
   */
  private final Cache<String, RuntimeException> unreadable =
      Caffeine.newBuilder().expireAfterWrite(Duration.ofSeconds(10)).maximumSize(MOST).build();

  ReceiptKeys(
      KmsClient kms,
      @Value("${outpost.receipts.kms-keys}") List<String> ids,
      MeterRegistry meters) {
    this.kms = kms;
    this.tries = meters.counter("outpost.receipts.keys.unreadable");
    this.ids = ids.stream().map(String::strip).filter(id -> !id.isEmpty()).toList();
  }

  /**
   * Signs a statement: a JWS in compact form.
   *
   * @throws Problem 501 when this installation has no key
   */
  public String sign(@Body byte[] statement) throws JOSEException {
    if (ids.isEmpty()) {
      throw new Problem(
          Problem.Code.NOT_IMPLEMENTED, "This installation has no key to sign receipts with.");
    }
    var header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(TYPE)
            .keyID(publicKey(ids.getFirst()).getKeyID())
            .build();
    var signed = header.toBase64URL() + "." + Base64URL.encode(statement);
    // KMS signs messages of at most 4 KiB, so it gets the digest.
    var signature =
        kms.sign(
                s ->
                    s.keyId(ids.getFirst())
                        .messageType(MessageType.DIGEST)
                        .message(SdkBytes.fromByteArray(DigestUtils.sha256(signed)))
                        .signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256))
            .signature()
            .asByteArray();
    var length = ECDSA.getSignatureByteArrayLength(JWSAlgorithm.ES256);
    return signed + "." + Base64URL.encode(ECDSA.transcodeSignatureToConcat(signature, length));
  }

  /** The public keys that can be read, as a JWK set; fails when none can be read. */
  public Map<String, Object> publish() {
    var keys = new ArrayList<JWK>();
    RuntimeException fault = null;
    for (var id : ids) {
      try {
        keys.add(published(id));
      } catch (SdkException | IllegalStateException e) {
        fault = e;
      }
    }
    if (keys.isEmpty() && fault != null) {
      throw fault;
    }
    return new JWKSet(keys).toJSONObject();
  }

  private ECKey published(String id) {
    var before = unreadable.getIfPresent(id);
    if (before != null) {
      throw before;
    }
    try {
      return publicKey(id);
    } catch (SdkException | IllegalStateException e) {
      // An alarm filters on these words (terraform/modules/observability).
      LOG.error(
          "A key of receipts cannot be read, so receipts signed by it cannot be checked: {}: {}",
          id,
          e.toString());
      tries.increment();
      unreadable.put(id, e);
      throw e;
    }
  }

  private ECKey publicKey(String id) {
    return known.computeIfAbsent(id, this::fetch);
  }

  private ECKey fetch(String id) {
    var encoded = kms.getPublicKey(g -> g.keyId(id)).publicKey().asByteArray();
    try {
      var key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded));
      return new ECKey.Builder(Curve.P_256, (ECPublicKey) key)
          .keyUse(KeyUse.SIGNATURE)
          .algorithm(JWSAlgorithm.ES256)
          .keyIDFromThumbprint()
          .build();
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalStateException("The KMS key " + id + " is no P-256 key for signing", e);
    }
  }
}
