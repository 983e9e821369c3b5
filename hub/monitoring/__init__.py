"""What whoever keeps the hub going looks at: is it ready, what does it do, what did it log.

```
readiness   /readyz: everything that an answer needs, tried
metrics     /metrics, for Prometheus: requests as they are answered, the fleet as it stands
logs        one line for each thing worth knowing, as text or as JSON
```
`hub.api.monitoring` puts them on the application.
"""
