package io.outpost.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Sign and GetPublicKey of KMS (AWS JSON 1.1) for a single key on P-256. With a folder, the key is
 * the same after a restart. Credentials are not checked. Thread-safe.
 */
final class KmsEmulator implements EmbeddedService {

  /** The ARN of the key that signs receipts. */
  static final String KEY =
      "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000001";

  private static final String TARGET = "TrentService.";
  private static final int DIGEST = 32;
  private static final int LONGEST = 4096;

  private final ObjectMapper json = new ObjectMapper();
  private final KeyPair pair;
  private final LoopbackServer server;

  private KmsEmulator(KeyPair pair) throws IOException {
    this.pair = pair;
    this.server = LoopbackServer.start(this::answer);
  }

  static KmsEmulator start(Optional<Path> folder) throws IOException, GeneralSecurityException {
    var file = folder.map(f -> f.resolve("receipts.key"));
    if (file.isPresent() && Files.exists(file.get())) {
      return new KmsEmulator(read(file.get()));
    }
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    var made = generator.generateKeyPair();
    if (file.isPresent()) {
      var written = file.get().resolveSibling("receipts.new");
      Files.write(
          written,
          List.of(encode(made.getPublic().getEncoded()), encode(made.getPrivate().getEncoded())));
      Files.move(written, file.get(), StandardCopyOption.ATOMIC_MOVE);
    }
    return new KmsEmulator(made);
  }

  @Override
  public URI endpoint() {
    return server.endpoint();
  }

  @Override
  public void close() {
    server.close();
  }

  private static KeyPair read(Path file) throws IOException, GeneralSecurityException {
    var lines = Files.readAllLines(file);
    var keys = KeyFactory.getInstance("EC");
    return new KeyPair(
        keys.generatePublic(new X509EncodedKeySpec(decode(lines.get(0)))),
        keys.generatePrivate(new PKCS8EncodedKeySpec(decode(lines.get(1)))));
  }

  private LoopbackServer.Answer answer(HttpExchange exchange) {
    try {
      var target = String.valueOf(exchange.getRequestHeaders().getFirst("X-Amz-Target"));
      var request = json.readTree(LoopbackServer.body(exchange));
      if (!request.path("KeyId").asText().equals(KEY)) {
        throw new AwsError(400, "NotFoundException", "There is no such key.");
      }
      return switch (target) {
        case TARGET + "GetPublicKey" ->
            json(200, key().put("PublicKey", encode(pair.getPublic().getEncoded())));
        case TARGET + "Sign" -> json(200, key().put("Signature", encode(sign(request))));
        default -> throw new AwsError(400, "UnknownOperationException", "No such operation.");
      };
    } catch (AwsError e) {
      var body = JsonNodeFactory.instance.objectNode().put("__type", e.code());
      return json(e.status(), body.put("message", e.getMessage()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode key() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("KeyId", KEY)
        .put("KeySpec", "ECC_NIST_P256")
        .put("KeyUsage", "SIGN_VERIFY");
  }

  private byte[] sign(JsonNode request) throws GeneralSecurityException {
    var message = decode(request.path("Message").asText());
    var isDigest = request.path("MessageType").asText("RAW").equals("DIGEST");
    if (!request.path("SigningAlgorithm").asText().equals("ECDSA_SHA_256")
        || (isDigest ? message.length != DIGEST : message.length > LONGEST)) {
      throw new AwsError(400, "ValidationException", "The key does not sign that.");
    }
    var signer = Signature.getInstance(isDigest ? "NONEwithECDSA" : "SHA256withECDSA");
    signer.initSign(pair.getPrivate());
    signer.update(message);
    return signer.sign();
  }

  private static LoopbackServer.Answer json(int status, ObjectNode body) {
    return new LoopbackServer.Answer(status, "application/x-amz-json-1.1", body.toString());
  }

  private static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] decode(String text) {
    return Base64.getDecoder().decode(text);
  }
}
