// Command metrics-server serves the resource usage of nodes and pods, as metrics-server does.
//
// The flags of metrics-server's own command don't compile with this Kubernetes; everything behind them does.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/metrics-server/pkg/api"
	generatedopenapi "sigs.k8s.io/metrics-server/pkg/api/generated/openapi"
	"sigs.k8s.io/metrics-server/pkg/scraper/client"
	"sigs.k8s.io/metrics-server/pkg/server"
)

const kubeletPort = 10250

func main() {
	flags := pflag.NewFlagSet(os.Args[0], pflag.ExitOnError)
	resolution := flags.Duration("metric-resolution", 15*time.Second, "how often the kubelets are asked")
	timeout := flags.Duration("kubelet-request-timeout", 5*time.Second, "how long one kubelet may take; less than the resolution")
	serving := genericoptions.NewSecureServingOptions().WithLoopback()
	serving.AddFlags(flags)
	_ = flags.Parse(os.Args[1:])
	if err := run(serving, *resolution, *timeout); err != nil {
		log.Fatal(err)
	}
}

func run(serving *genericoptions.SecureServingOptionsWithLoopback, resolution, timeout time.Duration) error {
	if timeout >= resolution {
		return fmt.Errorf("the kubelet request timeout %v must be less than the metric resolution %v", timeout, resolution)
	}
	apiserver, err := apiserverConfig(serving)
	if err != nil {
		return err
	}
	restConfig, err := rest.InClusterConfig()
	if err != nil {
		return fmt.Errorf("finding the API server from inside a pod: %w", err)
	}
	restConfig.ContentType = "application/vnd.kubernetes.protobuf"
	if err := rest.SetKubernetesDefaults(restConfig); err != nil {
		return err
	}
	metrics, err := server.Config{
		Apiserver: apiserver,
		Rest:      restConfig,
		// The kubelets' certificates come from the authority that the service account already trusts.
		Kubelet: &client.KubeletClientConfig{
			Client:              *rest.CopyConfig(restConfig),
			AddressTypePriority: []corev1.NodeAddressType{corev1.NodeInternalIP},
			Scheme:              "https",
			DefaultPort:         kubeletPort,
		},
		MetricResolution: resolution,
		ScrapeTimeout:    timeout,
	}.Complete()
	if err != nil {
		return err
	}
	return metrics.RunUntil(genericapiserver.SetupSignalHandler())
}

func apiserverConfig(serving *genericoptions.SecureServingOptionsWithLoopback) (*genericapiserver.Config, error) {
	if err := serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.ParseIP("127.0.0.1")}); err != nil {
		return nil, fmt.Errorf("making a serving certificate: %w", err)
	}
	config := genericapiserver.NewConfig(api.Codecs)
	if err := serving.ApplyTo(&config.SecureServing, &config.LoopbackClientConfig); err != nil {
		return nil, err
	}
	if err := genericoptions.NewDelegatingAuthenticationOptions().ApplyTo(&config.Authentication, config.SecureServing, nil); err != nil {
		return nil, err
	}
	if err := genericoptions.NewDelegatingAuthorizationOptions().ApplyTo(&config.Authorization); err != nil {
		return nil, err
	}
	config.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
	namer := openapinamer.NewDefinitionNamer(api.Scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(generatedopenapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(generatedopenapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIConfig.Info.Title = "metrics-server"
	config.OpenAPIV3Config.Info.Title = "metrics-server"
	return config, nil
}
