package io.outpost.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.AuditVerification.Verification;
import java.io.IOException;
import java.io.PrintStream;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * The operator's command: with the profile {@code verify} the program checks one tenant's archive,
 * prints a line of JSON for each part, and ends with exit code 0 when the archive is intact, 2 when
 * it is not.
 */
@Component
@Profile("verify")
public class VerifyCommand implements ApplicationRunner, ExitCodeGenerator {

  private static final int STRETCH = 1000;
  private static final int NOT_INTACT = 2;

  private final AuditVerification verification;
  private final ObjectMapper mapper;
  private final String tenantId;
  private volatile boolean intact = true;

  VerifyCommand(
      AuditVerification verification,
      ObjectMapper mapper,
      @Value("${outpost.verify-audit}") String tenantId) {
    this.verification = verification;
    this.mapper = mapper;
    this.tenantId = tenantId;
  }

  @Override
  public void run(ApplicationArguments arguments) throws IOException {
    verify(System.out);
  }

  @Override
  public int getExitCode() {
    return intact ? 0 : NOT_INTACT;
  }

  /** Checks the whole chain, one part at a time. */
  void verify(PrintStream out) throws IOException {
    Verification stretch = null;
    do {
      var cursor = stretch == null ? null : stretch.nextCursor();
      stretch = verification.verify(tenantId, STRETCH, cursor);
      intact &= stretch.intact();
      out.println(mapper.writeValueAsString(stretch));
    } while (stretch.nextCursor() != null);
  }
}
