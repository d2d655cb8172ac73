// Command argocd is three programs of a running Argo CD in one binary, which plays the part it is named after: the
// application controller, the repository server, and kustomize, which the repository server starts.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	server "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
	kustomize "sigs.k8s.io/kustomize/kustomize/v5/commands"
)

func main() {
	parts := map[string]func() *cobra.Command{
		"argocd-application-controller": controller.NewCommand,
		"argocd-repo-server":            server.NewCommand,
		"kustomize":                     kustomize.NewDefaultCommand,
	}
	name := filepath.Base(os.Args[0])
	part, known := parts[name]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: start me as argocd-application-controller, argocd-repo-server or kustomize\n", name)
		os.Exit(2)
	}
	if err := part().Execute(); err != nil {
		os.Exit(1)
	}
}
