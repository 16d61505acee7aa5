"""A customer's first job, with the client that was generated from the contract."""
import os

import openapi_client as outpost


def to(key):
    return outpost.ApiClient(outpost.Configuration(host=os.environ["OUTPOST_URL"], access_token=key))


tenants = outpost.TenantsApi(to(os.environ["OUTPOST_ADMIN_KEY"]))
tenant = tenants.create_tenant(outpost.TenantRequest(name="Python", email="dev@python.example"))
created = tenants.create_api_key(tenant.tenant_id, outpost.ApiKeyRequest(name="first"))
jobs = outpost.JobsApi(to(created.key))
job = jobs.submit_job(outpost.JobRequest(agent="claude", command="Say hello"), idempotency_key="first")
while job.status in ("pending", "running"):
    job = jobs.get_job(job.job_id, wait=25)
assert job.status == "succeeded" and job.completed_at, job
assert jobs.get_job_output(job.job_id)
assert jobs.list_jobs(limit=1).data[0].job_id == job.job_id
print("python:", job.status.value)
