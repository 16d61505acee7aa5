package io.outpost.local;

/**
 * What a user sees when everything is up: where it is, the operator's key, and a first job to
 * paste.
 */
final class Welcome {

  private Welcome() {}

  static String text(String address, String adminKey) {
    return """

        Outpost is ready at %1$s (the API's page: %1$s/docs)
        Operator's key: %2$s

        A first job, to paste into another terminal:

          export OUTPOST=%1$s ADMIN=%2$s
          TENANT=$(curl -s $OUTPOST/tenants -H "Authorization: Bearer $ADMIN" -H 'Content-Type: application/json' \\
            -d '{"name":"Acme","email":"dev@acme.example"}' | sed 's/.*"tenant_id":"\\([^"]*\\)".*/\\1/')
          KEY=$(curl -s $OUTPOST/tenants/$TENANT/api-keys -H "Authorization: Bearer $ADMIN" \\
            -H 'Content-Type: application/json' -d '{"name":"first"}' | sed 's/.*"key":"\\([^"]*\\)".*/\\1/')
          JOB=$(curl -s $OUTPOST/jobs -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
            -d '{"agent":"claude","command":"Say hello"}' | sed 's/.*"job_id":"\\([^"]*\\)".*/\\1/')
          curl -s --retry 9 --retry-all-errors --retry-delay 1 -f $OUTPOST/jobs/$JOB/output -H "Authorization: Bearer $KEY"

        Ctrl-C ends it.
        """
        .formatted(address, adminKey);
  }
}
