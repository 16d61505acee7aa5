import org.openapitools.client.ApiClient;
import org.openapitools.client.api.JobsApi;
import org.openapitools.client.api.TenantsApi;
import org.openapitools.client.model.ApiKeyRequest;
import org.openapitools.client.model.JobRequest;
import org.openapitools.client.model.JobStatus;
import org.openapitools.client.model.TenantRequest;

/** A customer's first job, with the client that was generated from the contract. */
public final class FirstJob {

  public static void main(String[] arguments) throws Exception {
    var tenants = new TenantsApi(to(System.getenv("OUTPOST_ADMIN_KEY")));
    var tenant =
        tenants.createTenant(new TenantRequest().name("Java").email("dev@java.example"), null);
    var created =
        tenants.createApiKey(tenant.getTenantId(), new ApiKeyRequest().name("first"), null);
    var jobs = new JobsApi(to(created.getKey()));
    var request = new JobRequest().agent("claude").command("Say hello");
    var job = jobs.submitJob(request, "first");
    while (job.getStatus() == JobStatus.PENDING || job.getStatus() == JobStatus.RUNNING) {
      job = jobs.getJob(job.getJobId(), 25);
    }
    if (job.getStatus() != JobStatus.SUCCEEDED || job.getCompletedAt() == null) {
      throw new IllegalStateException("the job is " + job);
    }
    System.out.println("java: " + job.getStatus());
  }

  private static ApiClient to(String key) {
    var client = new ApiClient();
    client.updateBaseUri(System.getenv("OUTPOST_URL"));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    return client;
  }
}
